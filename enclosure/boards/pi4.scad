// Raspberry Pi 4 Model B, with a heat sink 10 mm high. Positions: mechanical drawing (see raspberry-pi.scad).
include <raspberry-pi.scad>

pi4_short_edge = [["usb2", 9, usb_pair], ["usb3", 27, usb_pair], ["ethernet", 45.75, rj45_jack]];
pi4_long_edge = [["power", 11.2, usb_c_jack], ["hdmi0", 26, micro_hdmi_jack], ["hdmi1", 39.5, micro_hdmi_jack], ["audio", 54, audio_jack]];

module pi4() {
  pi_board();
  for (part = pi4_short_edge) short_edge_connector(part[1], part[2], 19);
  for (part = pi4_long_edge) long_edge_connector(part[1], part[2], part[0] == "audio" ? 2.4 : long_edge_overhang);
  translate([22, 25, -0.01]) cube([16, 16, 12]);
}
