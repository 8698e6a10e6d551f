// Clip for a 35 mm rail (TH 35-7.5, IEC 60715: 35 wide, hat 27, sheet 1 mm, 7.5 deep). Print two, on their side, so that no layer can split off the
// hook. It hangs on the upper edge of the rail; the lower edge springs the hook; a screwdriver on the tongue lets go.
// Profile: u up the rail, w from the back of the case towards the wall. The middle of the rail is u = 0.
include <../boards/din-rail.scad>

clip_width = 16;
clip_plate = 5;
clip_top = 36;
clip_bottom = -43;
// Where the rail's edges have their back.
behind = rail_front + rail_sheet + 0.4;
wall_side = rail_front + rail_depth - 1;
upper_reach = 2.6;
lower_reach = 2;
// Three legs of 1.2 mm in a row share the 2 mm of the hook's way: PETG stays far below the strain at which it yields.
leg = 1.2;
leg_pitch = 2.8;
bar = 2.4;
screw_u = [din_rail_drop + mount_y, din_rail_drop - mount_y];

// From the edge of the rail outwards: a block, and a lip behind the edge with a slope to slide on.
module hook(reach, front) {
  polygon([[fit, front], [5, front], [5, wall_side], [2.5, wall_side], [-reach, behind + 1], [-reach, behind], [fit, behind]]);
}

// From the plate to the bar, back and forth.
module spring(u) {
  turn = wall_side - bar - leg;
  near = clip_plate + 1.4;
  translate([u, clip_plate - 0.1]) square([leg, turn - clip_plate + 0.1]);
  translate([u, turn - leg]) square([leg_pitch + leg, leg]);
  translate([u + leg_pitch, near]) square([leg, turn - near]);
  translate([u + leg_pitch, near]) square([leg_pitch + leg, leg]);
  translate([u + 2 * leg_pitch, near]) square([leg, wall_side - near]);
}

module clip_profile() {
  translate([clip_bottom, 0]) square([clip_top - clip_bottom, clip_plate]);
  // What the front of the rail's edges lies on.
  translate([rail_half - 3, 0]) square([8, rail_front]);
  translate([-rail_half + 0.6, 0]) square([1.8, rail_front]);
  translate([rail_half, 0]) hook(upper_reach, 0);
  translate([-rail_half, 0]) mirror([1, 0]) hook(lower_reach, clip_plate + 1.4);
  for (u = [-33, -42.5]) spring(u);
  // The bar that the springs hold, with its tongue below the case.
  translate([clip_bottom - 6, wall_side - bar]) square([-rail_half - 4 - clip_bottom + 6, bar]);
}

module din_clip() {
  difference() {
    linear_extrude(height = clip_width) clip_profile();
    for (u = screw_u) translate([u, -1, clip_width / 2]) rotate([-90, 0, 0]) cylinder(d = screw_clear, h = clip_plate + 2);
    // Way of the screw and its driver, where the clip is deeper than its plate.
    for (u = screw_u) translate([u, clip_plate, clip_width / 2]) rotate([-90, 0, 0]) cylinder(d = screw_head + 0.6, h = 40);
  }
}

din_clip();
