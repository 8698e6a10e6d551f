// One list of everything that must stay reachable, for the windows of the case and for the probes of the tests. An entry is [name, wall, middle
// along that wall, middle in z, width and height of what is plugged in]. The windows are `window_play` larger.
//
// What is plugged in, at its largest: USB-A grip 16 x 8 and USB-C grip 12.35 x 6.5 (USB 3.1 §5, USB Type-C 2.0 §3.2 allow no more); RJ45 with
// a boot 14 x 13 (plug 11.7 x 8, IEC 60603-7, and its latch); micro HDMI grip 13 x 8.5 (two of them fit side by side on the computers); 3.5 mm plug
// grip 10. The card: two fingertips or tweezers.
include <boards/pi4.scad>
include <boards/pi5.scad>
include <boards/usb-ethernet.scad>

window_play = 0.8;

short_edge_parts = board == "pi5" ? pi5_short_edge : pi4_short_edge;
long_edge_parts = board == "pi5" ? pi5_long_edge : pi4_long_edge;

// Middle of a connector above the board, and what is plugged in.
function plug_of(name) =
  name == "ethernet" ? [6.8, [15.6, 14]]
  : name == "usb2" || name == "usb3" ? [8.2, [15.6, 17]]
  : name == "power" ? [1.65, [12.35, 6.5]]
  : name == "audio" ? [3, [9.4, 9.4]]
  : [1.7, [13, 8.5]];

connectors = concat(
  [for (part = short_edge_parts) let (plug = plug_of(part[0])) [part[0], "bottom", board_x + part[1], board_top + plug[0], plug[1]]],
  [for (part = long_edge_parts) let (plug = plug_of(part[0])) [part[0], "left", board_y - part[1], board_top + plug[0], plug[1]]],
  [
    ["card", "top", board_x + 28, board_top - board_thickness - 2.2, [18, 5]],
    ["adapter", "top", adapter_x, adapter_z + adapter_height / 2, [15.6, 14]],
    ["leads", "bottom", adapter_x, floor_thickness + 2 + 4.8, [16, 8]]
  ],
  board == "pi5" ? [["power-button", "top", board_x + pi5_button_y, board_top + 1.6, [5, 4]]] : []
);

// A block that goes through the wall at that place, from where the connectors end inside to `reach` outside.
module through_wall(connector, grow, inside, reach) {
  width = connector[4][0] + 2 * grow;
  height = connector[4][1] + 2 * grow;
  depth = inside + wall + reach;
  translate([0, 0, connector[3]]) {
    if (connector[1] == "bottom") translate([connector[2], inner_bottom + inside - depth / 2, 0]) cube([width, depth, height], center = true);
    if (connector[1] == "top") translate([connector[2], inner_top - inside + depth / 2, 0]) cube([width, depth, height], center = true);
    if (connector[1] == "left") translate([inner_left + inside - depth / 2, connector[2], 0]) cube([depth, width, height], center = true);
  }
}
