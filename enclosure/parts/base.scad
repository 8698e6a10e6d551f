// The case: back, walls with the windows of all ports, what carries the computer and the adapter. Printed as it stands, back down, without
// support: windows are bridges of at most 30 mm, the corner bosses grow out of the walls at 45 degrees.
include <../connectors.scad>

boss_overlap = 1;

module shell() {
  difference() {
    rounded_block(case_width, case_height, base_depth, corner_radius, edge_chamfer);
    translate([0, 0, floor_thickness])
      linear_extrude(height = base_depth) rounded(case_width - 2 * wall, case_height - 2 * wall, corner_radius - wall);
  }
}

// Quarter of a lid boss: a column in the corner that ends in a slope.
module lid_boss_at(sx, sy) {
  scale([sx, sy, 1]) translate([inner_right, inner_top, base_depth]) difference() {
    hull() {
      translate([-lid_boss, -lid_boss, -lid_boss_depth]) cube([lid_boss + boss_overlap, lid_boss + boss_overlap, lid_boss_depth]);
      translate([0, 0, -lid_boss_depth - lid_boss - boss_overlap]) cube([boss_overlap, boss_overlap, 0.1]);
    }
    translate([-lid_boss / 2, -lid_boss / 2, -lid_boss_depth]) cylinder(d = screw_pilot, h = lid_boss_depth + 1);
  }
}

module standoffs() {
  translate([0, 0, -standoff_height - board_thickness - touch])
    on_board() pi_hole_places() difference() {
      translate([0, 0, -0.01]) cylinder(d = standoff_diameter, h = standoff_height + 0.01);
      translate([0, 0, 1]) cylinder(d = standoff_hole, h = standoff_height);
    }
}

module mount_bosses(diameter, z, height) {
  for (sx = [-1, 1], sy = [-1, 1]) translate([sx * mount_x, sy * mount_y, z]) cylinder(d = diameter, h = height);
}

// What the adapter lies on, with a tunnel for a cable tie, and what keeps it in its place when a plug is pushed in.
module adapter_bed() {
  lane_left = adapter_x - adapter_width / 2;
  lane_end = adapter_top - adapter_length;
  for (y = [34, -8]) translate([adapter_x, y, floor_thickness + adapter_lift / 2 - 0.01]) difference() {
    cube([adapter_width - 2, 10, adapter_lift + 0.02], center = true);
    translate([0, 0, -0.4]) cube([adapter_width, 5.6, 2.2], center = true);
  }
  translate([lane_left - fit - 1.6, 2, floor_thickness - 0.01]) cube([1.6, 24, 12]);
  for (side = [-1, 1]) translate([adapter_x + side * 9.5, lane_end - fit - 1.2, floor_thickness + 6]) cube([7, 2.4, 12.02], center = true);
}

// Warm air leaves at the top, cool air comes in at the bottom, between the ports, and through the back.
module air() {
  // Above the windows, below the lip of the lid.
  slot_z = base_depth - 12;
  slot_length = 15;
  for (y = [-case_height / 2 - 1, inner_top - 1]) translate([0, y, slot_z])
    rotate([-90, 0, 0]) linear_extrude(height = wall + 2) slot_row(15, slot_length);
  for (x = [-case_width / 2 - 1, inner_right - 1]) translate([x, 0, slot_z])
    rotate([90, 0, 90]) linear_extrude(height = wall + 2) slot_row(13, slot_length);
  translate([board_x + pi_width / 2, 0, -1]) linear_extrude(height = floor_thickness + 2) slot_row(9, 26);
  translate([adapter_x + 2, 14, -1]) linear_extrude(height = floor_thickness + 2) slot_row(3, 22);
}

module windows() {
  for (connector = connectors) through_wall(connector, window_play / 2, 1, 1);
  // Fingertips reach the card from behind, too.
  translate([board_x + 28 - 9.4, inner_top - 7, -1]) cube([18.8, wall + 8, floor_thickness + standoff_height]);
}

module base() {
  difference() {
    union() {
      shell();
      standoffs();
      adapter_bed();
      mount_bosses(8, floor_thickness - 0.01, mount_boss_height);
    }
    air();
    windows();
    mount_bosses(screw_pilot, -1, 1 + floor_thickness + mount_boss_height - 0.8);
  }
  for (sx = [-1, 1], sy = [-1, 1]) lid_boss_at(sx, sy);
}

base();
