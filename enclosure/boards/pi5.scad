// Raspberry Pi 5 with its Active Cooler (product brief: about 14 mm above the board; 15 taken). Positions: mechanical drawing (see
// raspberry-pi.scad). Its power button and lamp are at the card's edge, x = 0, y = 17.4 and 12.3.
include <raspberry-pi.scad>

pi5_short_edge = [["ethernet", 10.2, rj45_jack], ["usb3", 29.1, usb_pair], ["usb2", 47, usb_pair]];
pi5_long_edge = [["power", 11.2, usb_c_jack], ["hdmi0", 25.8, micro_hdmi_jack], ["hdmi1", 39.2, micro_hdmi_jack]];
pi5_button_y = 17.4;

module pi5() {
  pi_board();
  for (part = pi5_short_edge) short_edge_connector(part[1], part[2], 19);
  for (part = pi5_long_edge) long_edge_connector(part[1], part[2]);
  translate([8, 8, -0.01]) cube([56, 40, 15]);
  translate([-0.8, pi5_button_y - 2, -0.01]) cube([3, 4, 2.5]);
}
