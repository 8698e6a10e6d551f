// Holds the four LEDs against the back of the lid, and keeps the light of each to itself: two screws instead of glue. Printed flat, the side of the
// LEDs up.
include <../layout.scad>

bar_height = 12;
flange_diameter = 6.3;
legs_width = 4.4;

module lamp_bar() {
  length = lamp_x_traffic - lamp_x_ready + 12;
  difference() {
    translate([0, 0, 0]) linear_extrude(height = bar_thickness) rounded(length, bar_height, 3);
    for (x = lamp_x) translate([x, 0, 0]) {
      translate([0, 0, bar_thickness - flange_depth]) cylinder(d = flange_diameter, h = 2);
      translate([0, 0, -1]) hull() for (side = [-1, 1]) translate([side * (legs_width - 1.4) / 2, 0, 0]) cylinder(d = 1.4, h = 8);
    }
    for (x = [lamp_x_ready + lamp_x_attention, lamp_x_c2 + lamp_x_traffic]) translate([x / 2, 0, -1]) cylinder(d = screw_clear, h = 8);
  }
}

lamp_bar();
