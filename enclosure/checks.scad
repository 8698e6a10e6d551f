// What the tests ask of the printed parts. The parts come in as STL files, so that what is tested is what is printed. Every check is the common
// room of two things that must not meet (then OpenSCAD says that the top level object is empty) or that must (then it is not).
include <contents.scad>
include <boards/din-rail.scad>

// Folder of the STL files.
parts = "";
check = "";

module part(name) {
  import(str(parts, "/", name, ".stl"), convexity = 10);
}

module placed_base() { part(str("base-", board)); }
module placed_lid() { place_lid() part("lid"); }
module placed_bar() { place_lamp_bar() part("lamp-bar"); }
module placed_clips() { for (x = [-mount_x, mount_x]) place_din_clip(x) part("din-clip"); }
module rail(pulled = 0) { place_din_clip(0, 120) translate([0, pulled + touch, 0]) din_rail(120); }

// Case and contents.
if (check == "contents in case") {
  intersection() { placed_base(); union() { computer(); usb_ethernet(); panel_parts(); } }
  intersection() { placed_lid(); union() { computer(); usb_ethernet(); panel_parts(); } }
  intersection() { placed_bar(); leds(); }
}
if (check == "contents among themselves") {
  intersection() { union() { computer(); usb_ethernet(); } panel_parts(); }
  intersection() { computer(); usb_ethernet(); }
  intersection() { nano(); union() { leds(); button(); buzzer(); } }
}
// The lid's bosses overhang two corners of the computer and one of the adapter. They go in flat all the same: beside their place past the bosses,
// sideways below them, then down. Steps of [right, up, to the eye].
computer_way = [[5.2, 0, 36], [5.2, 0, 22], [5.2, 0, 8], [2.6, 0, 7.5], [0, 0, 7.5], [0, 0, 3]];
adapter_way = [[0, -8.5, 14], [0, -8.5, 8.4], [0, -4, 8.4], [0, 0, 8.4], [0, 0, 4]];
if (check == "way in") intersection() {
  placed_base();
  union() {
    for (step = computer_way) translate(step) computer();
    for (step = adapter_way) translate(step) usb_ethernet();
  }
}
// What sits 0.3 mm too low, or 1 mm too near to the front, meets what it rests on: four standoffs; four LEDs, button, buzzer and the Nano's corners.
if (check == "computer too low") intersection() { placed_base(); translate([0, 0, -0.3]) computer(); }
if (check == "panel parts too near") intersection() { placed_lid(); translate([0, 0, 1]) panel_parts(); }

// What is plugged in, and what is 1.2 mm larger all around.
if (check == "plugs") intersection() { placed_base(); for (connector = connectors) through_wall(connector, 0, 1, 25); }
// Neighbours come in turn into two heaps, so that the rims of two windows do not grow together: one piece for each connector.
if (check == "frames") for (heap = [0, 1]) translate([heap * 2 * case_width, 0, 0]) intersection() {
  placed_base();
  for (i = [heap : 2 : len(connectors) - 1]) through_wall(connectors[i], 1.2, 1, 25);
}

// Parts among themselves.
if (check == "parts among themselves") {
  intersection() { placed_base(); placed_lid(); }
  intersection() { placed_lid(); placed_bar(); }
  intersection() { placed_base(); union() { place_wall_mount() part("wall-mount"); placed_clips(); } }
}
// The rail hangs in its clips, and does not come out at either edge.
if (check == "rail in clips") intersection() { placed_clips(); rail(); }
if (check == "rail pulled out") intersection() { placed_clips(); rail(1.5); }

echo(str("connectors: ", [for (connector = connectors) connector[0]]));
