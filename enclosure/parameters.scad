// Every number of the case that is worth changing, in millimetres. All files of the case include this one; label.ts reads the plain numbers
// (name = number;) from it, so that the label's holes are where the lid's holes are. What is computed from them stands in layout.scad.
//
// The view is that of someone who stands before the mounted box: x to the right, y up, z towards the eye. The middle of the case is
// x = y = 0, its back is z = 0.

// The computer: "pi4" (Raspberry Pi 4 Model B) or "pi5".
board = "pi4";

// ---- printing
// Six lines of a 0.4 mm nozzle: stiff enough for a plug that is pulled askew.
wall = 2.4;
floor_thickness = 2.4;
lid_thickness = 2.8;
// Between printed parts that go into one another.
fit = 0.3;
// Between a model and what it rests on, so that a test can tell touching from meeting.
touch = 0.05;
corner_radius = 4;
edge_chamfer = 1;
engraving_depth = 0.6;
// Segments of a circle. Tests take fewer.
$fn = 48;

// ---- outside
case_width = 98;
case_height = 96;
// Without the lid.
base_depth = 51;

// ---- computer, from the inner walls
// The audio jack of a Pi 4 stands out 2.4 mm.
gap_power_side = 2.8;
// A card in its slot stands out about 2.5 mm.
gap_card_side = 2.9;
standoff_height = 7;
standoff_diameter = 5.6;
// M2.5 screws cut their own thread.
standoff_hole = 2.1;

// ---- USB-Ethernet adapter: the largest that fits. Measure yours.
adapter_length = 71;
adapter_width = 28;
adapter_height = 17;
// Air below it, and room for the screws of the mount.
adapter_lift = 4.4;
// Room for a cable tie between adapter and wall.
adapter_wall_gap = 2;

// ---- front: middles of what looks out of the lid
lamp_y = 28;
lamp_x_ready = -34.5;
lamp_x_attention = -11.5;
lamp_x_c2 = 11.5;
lamp_x_traffic = 34.5;
// A 5 mm LED, and the play of a printed hole.
lamp_hole = 5.2;
// The flange of the LED stays so far behind the lid: the LED then stands out 2 mm.
lamp_ring_height = 2.8;
button_x = 30;
button_y = -2;
// 16.2 for a 16 mm button, 12.2 for a 12 mm button.
button_hole = 16.2;
// From the back of the lid to the end of the button's terminals.
button_depth = 27;
buzzer_x = -33;
buzzer_y = 0;
nano_x = -19;
nano_y = -24;
// Solder side to lid: the USB chip of many copies is on that side.
nano_lift = 4;

// ---- air: narrower than 2.5 mm, so that no wire gets in (IP3X, IEC 60529)
slot_width = 2.4;
slot_pitch = 5;

// ---- screws
// M3 screws cut their own thread.
screw_pilot = 2.6;
screw_clear = 3.4;
// Countersunk heads are up to 6.7 (ISO 10642), pan heads up to 6 (ISO 7045).
screw_head = 6.8;
lid_boss = 7.2;
lid_boss_depth = 12;

// ---- mounts: where their screws enter the back
mount_x = 22;
mount_y = 20;
// 10 mm screws: 5 mm of clip or pad, 5 mm of case.
mount_boss_height = 4.2;
// Thickness of the plate for the wall, and air between it and the back of the case.
wall_mount_plate = 3.2;
wall_mount_gap = 6;
// Middle of the rail below the middle of the case.
din_rail_drop = 8;
