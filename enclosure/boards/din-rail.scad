// Rail TH 35-7.5 of IEC 60715: 35 wide, hat 27, 7.5 deep, sheet 1 mm. In the profile's coordinates (see parts/din-clip.scad): u up the rail with
// its middle at 0, w from the back of the case towards the wall.
include <../layout.scad>

rail_half = 17.5;
rail_sheet = 1;
rail_depth = 7.5;
// Front of the rail's edges from the back of the case: room for the springs of the clip, and for the heads of its screws.
rail_front = 11;

module din_rail(length) {
  linear_extrude(height = length) difference() {
    union() {
      translate([-rail_half, rail_front]) square([2 * rail_half, rail_sheet]);
      translate([-13.5, rail_front]) square([27, rail_depth]);
    }
    translate([-12.5, rail_front - 1]) square([25, rail_depth]);
  }
}
