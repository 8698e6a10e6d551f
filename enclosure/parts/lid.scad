// The lid, which is the front: engraved names, holes of lamps, button and buzzer; behind it rings for the LEDs, posts for the lamp bar, a ring for
// the buzzer, corners and tie anchors for the Nano. Everything with wires hangs on it: one USB lead joins it to the rest. Printed face down.
include <../layout.scad>

// Set false to see the shape without waiting for letters.
engraved = true;
// Of Debian's fonts-dejavu-core; has all Vietnamese letters.
font = "DejaVu Sans:style=Bold";

// As the code calls the lamps (firmware/agent/panel/terminal.ts; a test compares them).
lamp_names = [["SẴN SÀNG", "READY"], ["CHÚ Ý", "ATTENTION"], ["C2", ""], ["LƯU LƯỢNG", "TRAFFIC"]];

lip_thickness = 1.6;
lip_height = 3;
ring_wall = 1.8;
post_diameter = 7;

// Drawn as it lies on the bed: its face at z = 0 and mirrored, the inside up. `place_lid()` turns it over; so does this, for one point.
module at_front(x, y, z = 0) {
  translate([-x, y, z]) children();
}

module line_of_text(text, size, narrow = 0.82) {
  // More corners to a curve than a nozzle can follow cost minutes.
  scale([narrow, 1]) text(text, size = size, font = font, halign = "center", valign = "baseline", $fn = 6);
}

module engraving() {
  mirror([1, 0, 0]) {
    translate([0, 37]) line_of_text("VỌNG GÁC", 5, 1);
    for (i = [0 : 3]) translate([lamp_x[i], 0]) {
      translate([0, lamp_y - 10]) line_of_text(lamp_names[i][0], lamp_names[i][1] == "" ? 4 : 2.8);
      translate([0, lamp_y - 15]) line_of_text(lamp_names[i][1], 2.6);
    }
  }
}

module lip() {
  inside_width = case_width - 2 * wall - 2 * fit;
  inside_height = case_height - 2 * wall - 2 * fit;
  translate([0, 0, lid_thickness - 0.01]) linear_extrude(height = lip_height) difference() {
    rounded(inside_width, inside_height, corner_radius - wall);
    rounded(inside_width - 2 * lip_thickness, inside_height - 2 * lip_thickness, 1);
    // The corner bosses stand there.
    for (sx = [-1, 1], sy = [-1, 1])
      translate([sx * inner_right, sy * inner_top]) square(2 * (lid_boss + fit + 0.2), center = true);
  }
}

module ring(inside, height) {
  translate([0, 0, lid_thickness - 0.01]) cylinder(d = inside + 2 * ring_wall, h = height + 0.01);
}

// Corner that carries the Nano on its edge (2.4 mm, clear of the first hole) and keeps it from sliding.
module nano_corner() {
  size = 4.5;
  difference() {
    translate([-2.4, -2.4, 0]) cube([size, size, nano_lift + nano_thickness + 0.6]);
    translate([-3.4, -3.4, nano_lift]) cube([3.4 + fit, 3.4 + fit, 10]);
  }
}

module tie_anchor() {
  difference() {
    translate([-4.5, -1.5, 0]) cube([9, 3, 4.4]);
    translate([-2.6, -2, 1]) cube([5.2, 4, 2]);
  }
}

module nano_holder() {
  at_front(nano_x, nano_y, lid_thickness - 0.01) {
    for (sx = [-1, 1], sy = [-1, 1]) translate([sx * nano_length / 2, sy * nano_width / 2, 0]) scale([sx, sy, 1]) nano_corner();
    for (sy = [-1, 1]) translate([0, sy * (nano_width / 2 + 2.2), 0]) tie_anchor();
  }
}

module screw_hole() {
  translate([0, 0, -1]) cylinder(d = screw_clear, h = lid_thickness + 2);
  // Countersunk at 45 degrees: prints on the bed without support.
  translate([0, 0, -0.01]) cylinder(d1 = screw_head, d2 = screw_clear, h = (screw_head - screw_clear) / 2);
}

module holes() {
  for (x = lamp_x) at_front(x, lamp_y, -1) cylinder(d = lamp_hole, h = 20);
  at_front(button_x, button_y, -1) cylinder(d = button_hole, h = 20);
  // Sound leaves through five small holes.
  at_front(buzzer_x, buzzer_y, -1) {
    cylinder(d = 1.8, h = 20);
    for (angle = [0 : 90 : 270]) rotate(angle) translate([3.2, 0, 0]) cylinder(d = 1.8, h = 20);
  }
  at_front(buzzer_x, buzzer_y, lid_thickness) cylinder(d = buzzer_diameter + fit, h = 20);
  for (sx = [-1, 1], sy = [-1, 1])
    translate([sx * (inner_right - lid_boss / 2), sy * (inner_top - lid_boss / 2), 0]) screw_hole();
  for (x = [lamp_x_ready + lamp_x_attention, lamp_x_c2 + lamp_x_traffic])
    at_front(x / 2, lamp_y, 1.2) cylinder(d = screw_pilot, h = 20);
}

module lid() {
  difference() {
    union() {
      rounded_block(case_width, case_height, lid_thickness, corner_radius, edge_chamfer);
      lip();
      for (x = lamp_x) at_front(x, lamp_y) ring(lamp_hole, lamp_ring_height);
      for (x = [lamp_x_ready + lamp_x_attention, lamp_x_c2 + lamp_x_traffic]) at_front(x / 2, lamp_y) ring(post_diameter - 2 * ring_wall, lamp_ring_height);
      at_front(buzzer_x, buzzer_y) ring(buzzer_diameter + fit, 5);
      nano_holder();
    }
    holes();
    if (engraved) translate([0, 0, -1]) linear_extrude(height = 1 + engraving_depth) engraving();
  }
}

lid();
