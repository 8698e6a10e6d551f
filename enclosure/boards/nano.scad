// Arduino Nano, no pin headers soldered: 45 x 18 mm with its USB socket (Arduino A000005 data sheet); board 43.18 x 17.78 (1.70 x 0.70 in), two
// rows of 15 holes 15.24 mm apart, holes of 1.65 mm in the corners, 1.27 mm from the edges (its EAGLE board file). Drawn with its solder side
// to the lid and its USB socket to the right, plug and the bend of its lead included.
include <../layout.scad>

module nano() {
  translate([nano_x, nano_y, lid_back - nano_lift - nano_thickness - touch]) {
    translate([-nano_length / 2, -nano_width / 2, 0]) cube([nano_length, nano_width, nano_thickness]);
    // Chip, crystal, button: up to 3 mm; pins of ICSP are cut short.
    translate([-nano_length / 2 + 4, -6, -3]) cube([30, 12, 3.01]);
    // The USB chip and solder on the other side, clear of the corners.
    translate([-nano_length / 2 + 3, -7, nano_thickness - 0.01]) cube([nano_length - 6, 14, 2]);
    // Mini-B socket: 7.7 wide, 3.9 high, stands out 1.8 mm; the plug with its grip: 10.5 x 8 x 26.
    translate([nano_length / 2 - 7, -3.85, -3.9]) cube([8.8, 7.7, 3.91]);
    translate([nano_length / 2 + 1.7, -5.25, -1.95 - 4]) cube([24, 10.5, 8]);
  }
}
