// The pictures of the guide: the printed parts, as they are printed (STL files), with models of what is bought. Preview only.
include <contents.scad>
include <boards/din-rail.scad>
use <parts/lid.scad>

// Folder of the STL files.
parts = "";
scene = "front";

case_colour = [0.93, 0.92, 0.88];
lid_colour = [0.45, 0.58, 0.68];
board_colour = [0.1, 0.5, 0.25];
metal = [0.75, 0.75, 0.78];
black = [0.15, 0.15, 0.15];
lamp_colours = [[0.2, 0.75, 0.3], [0.98, 0.7, 0.1], [0.85, 0.15, 0.15], [0.97, 0.97, 0.95]];

module part(name) {
  import(str(parts, "/", name, ".stl"), convexity = 10);
}

module base_part() { color(case_colour) part(str("base-", board)); }
module lid_part() {
  color(lid_colour) place_lid() part("lid");
  // The letters, filled with paint.
  color("white") place_lid() translate([0, 0, engraving_depth / 2]) linear_extrude(height = engraving_depth / 2) engraving();
}
module bar_part() { color(case_colour) place_lamp_bar() part("lamp-bar"); }

module inside() {
  color(board_colour) computer();
  color(black) usb_ethernet();
}

module lamps() {
  for (i = [0 : 3]) color(lamp_colours[i]) translate([lamp_x[i], lamp_y, lid_back - lamp_ring_height - 1 - touch]) led5();
}

module front_parts() {
  lamps();
  color(metal) button();
  color(black) buzzer();
  color([0.1, 0.35, 0.6]) nano();
}

// As it hangs: upright, seen by someone who stands before it.
module upright() {
  rotate([90, 0, 0]) children();
}

if (scene == "front") upright() { base_part(); inside(); lid_part(); front_parts(); }
if (scene == "exploded") {
  base_part();
  translate([0, 0, 45]) inside();
  translate([0, 0, 75]) { color([0.1, 0.35, 0.6]) nano(); color(black) buzzer(); bar_part(); }
  translate([0, 0, 90]) lamps();
  translate([0, 0, 110]) lid_part();
  translate([0, 0, 140]) color(metal) button();
}
if (scene == "base") { base_part(); inside(); }
if (scene == "lid back") rotate([0, 180, 0]) { lid_part(); front_parts(); bar_part(); }
if (scene == "wall mount") upright() { base_part(); lid_part(); color([0.5, 0.6, 0.7]) place_wall_mount() part("wall-mount"); }
if (scene == "din rail") upright() {
  base_part();
  lid_part();
  for (x = [-mount_x, mount_x]) color([0.5, 0.6, 0.7]) place_din_clip(x) part("din-clip");
  color(metal) place_din_clip(0, 130) din_rail(130);
}
