// What the two computers have in common: outline, holes and headers, from the mechanical drawings of Raspberry Pi Ltd,
// https://datasheets.raspberrypi.com/rpi4/raspberry-pi-4-mechanical-drawing.pdf and .../rpi5/raspberry-pi-5-mechanical-drawing.pdf.
// Coordinates as in those drawings; z = 0 is the top of the board.
include <../layout.scad>

pi_length = 85;
pi_width = 56;
pi_holes = [[3.5, 3.5], [61.5, 3.5], [3.5, 52.5], [61.5, 52.5]];

// Connectors as [middle, width, height, how far it stands out over the edge].
// Outer sizes of the parts: double USB-A 13.1 x 16 high, RJ45 jack 16 x 13.5, USB-C 9 x 3.2, micro HDMI 7 x 3.2, jack 7 x 6.
usb_pair = [14.7, 16];
rj45_jack = [16.2, 13.6];
usb_c_jack = [9, 3.3];
micro_hdmi_jack = [7, 3.4];
audio_jack = [7, 6];
long_edge_overhang = 1.2;
short_edge_overhang = 3;

module short_edge_connector(middle, size, depth) {
  translate([pi_length + short_edge_overhang - depth, middle - size[0] / 2, 0]) cube([depth, size[0], size[1]]);
}

module long_edge_connector(middle, size, overhang = long_edge_overhang) {
  translate([middle - size[0] / 2, -overhang, 0]) cube([size[0], 7.5 + overhang, size[1]]);
}

module pi_board() {
  translate([0, 0, -board_thickness]) difference() {
    cube([pi_length, pi_width, board_thickness]);
    for (hole = pi_holes) translate([hole[0], hole[1], -1]) cylinder(d = 2.7, h = board_thickness + 2);
  }
  // 40 pins: 51 x 5 from x = 7.1, 8.5 high.
  translate([7.1, 50, -0.01]) cube([50.8, 5.1, 8.5]);
  // Parts and solder below, away from the screw holes.
  translate([8, 8, -board_thickness - 2.4]) cube([48, 40, 2.41]);
  translate([66, 4, -board_thickness - 2.4]) cube([16, 48, 2.41]);
  // Card slot below, with a card that stands out 2.5 mm.
  translate([-2.5, 28 - 5.5, -board_thickness - 1.4]) cube([18, 11, 1.41]);
}

// Holes of the board, for the screws that hold it.
module pi_hole_places() {
  for (hole = pi_holes) translate([hole[0], hole[1], 0]) children();
}
