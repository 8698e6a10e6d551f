// Plate for a wall: screwed to the back of the case first, then to the wall through its ears above and below. Pads keep the back of the case off
// the plate, so that air rises behind it. Printed flat, pads up.
include <../layout.scad>

plate_thickness = wall_mount_plate;
plate_width = 64;
ear = 15;
wall_screw = 4.5;
wall_screw_head = 9;
wall_screw_x = 22;
head_recess = 3.6;

module wall_mount() {
  height = case_height + 2 * ear;
  difference() {
    union() {
      linear_extrude(height = plate_thickness) rounded(plate_width, height, 5);
      for (sx = [-1, 1], sy = [-1, 1]) translate([sx * mount_x, sy * mount_y, 0]) cylinder(d = 14, h = plate_thickness + wall_mount_gap);
    }
    for (sx = [-1, 1], sy = [-1, 1]) {
      translate([sx * mount_x, sy * mount_y, 0]) {
        translate([0, 0, -1]) cylinder(d = screw_head + 0.4, h = head_recess + 1);
        // One layer closes the recess, so that the hole above it needs no support: push the screw through.
        translate([0, 0, head_recess + 0.3]) cylinder(d = screw_clear, h = 20);
      }
      translate([sx * wall_screw_x, sy * (case_height + ear) / 2, -1]) cylinder(d = wall_screw, h = 10);
      translate([sx * wall_screw_x, sy * (case_height + ear) / 2, plate_thickness - 2.2]) cylinder(d1 = wall_screw, d2 = wall_screw_head, h = 2.21);
    }
    // Lighter, and air for the slots in the back.
    translate([0, 0, -1]) linear_extrude(height = 10) {
      rounded(24, 76, 4);
      for (sy = [-1, 1]) translate([0, sy * 38]) rounded(44, 16, 4);
    }
  }
}

wall_mount();
