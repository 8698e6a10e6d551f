// Where things are: computed from parameters.scad, used by parts, boards and probes alike. Draws nothing by itself.
include <parameters.scad>

inner_left = -case_width / 2 + wall;
inner_right = case_width / 2 - wall;
inner_top = case_height / 2 - wall;
inner_bottom = -case_height / 2 + wall;

// Board thickness of both computers (mechanical drawings: 1.4 to 1.6; the thicker one is the harder to fit).
board_thickness = 1.6;
board_x = inner_left + gap_power_side;
board_y = inner_top - gap_card_side;
board_top = floor_thickness + standoff_height + board_thickness;

adapter_x = inner_right - adapter_wall_gap - adapter_width / 2;
adapter_top = inner_top - 0.5;
adapter_z = floor_thickness + adapter_lift;

lamp_x = [lamp_x_ready, lamp_x_attention, lamp_x_c2, lamp_x_traffic];
// Board and pin rows of the Nano: see boards/nano.scad.
nano_length = 43.2;
nano_width = 17.8;
nano_thickness = 1.6;

// See boards/panel-parts.scad.
buzzer_diameter = 12;
buzzer_height = 9.5;
led_flange = 1;
// The lamp bar presses on the flanges a little before it meets its posts.
bar_thickness = 3;
flange_depth = led_flange - 0.1;

// Back of the lid, where the front parts begin.
lid_back = base_depth;

// From the coordinates of the computer's mechanical drawing (x along its long edge from the card slot, y from the power side, z from the top of
// the board) to those of the case: the card looks up, the network down, the power to the left.
module on_board() {
  translate([board_x, board_y, board_top + touch]) rotate([0, 0, -90]) children();
}

// From "face down on the printer's bed" to where the lid sits.
module place_lid() {
  translate([0, 0, base_depth + lid_thickness + touch]) rotate([0, 180, 0]) children();
}

module place_lamp_bar() {
  translate([0, lamp_y, lid_back - lamp_ring_height - (led_flange - flange_depth) - bar_thickness - 2 * touch]) children();
}

module place_wall_mount() {
  translate([0, 0, -wall_mount_plate - wall_mount_gap - touch]) children();
}

// From the profile of the clip to behind the case; `width` is that of the clip, `x` its middle.
module place_din_clip(x, width = 16) {
  multmatrix([[0, 0, -1, x + width / 2], [1, 0, 0, -din_rail_drop], [0, -1, 0, -touch], [0, 0, 0, 1]]) children();
}

module rounded(width, height, radius) {
  offset(r = radius) square([width - 2 * radius, height - 2 * radius], center = true);
}

// A block with rounded corners whose edge at z = 0 is broken.
module rounded_block(width, height, depth, radius, chamfer) {
  hull() {
    linear_extrude(height = 0.01) rounded(width - 2 * chamfer, height - 2 * chamfer, radius - chamfer / 2);
    translate([0, 0, chamfer]) linear_extrude(height = depth - chamfer) rounded(width, height, radius);
  }
}

// A row of upright slots, 2D, centred.
module slot_row(count, length) {
  for (i = [0 : count - 1])
    translate([(i - (count - 1) / 2) * slot_pitch, 0]) square([slot_width, length], center = true);
}
