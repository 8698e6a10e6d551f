// What looks out of the lid: LEDs, button, buzzer.
// - LED 5 mm round, T-1 3/4: body 5.0, flange 5.8 x 1.0, 8.6 over all (data sheets of Kingbright L-53 and Vishay TLH*44).
// - Button, metal, momentary, 16 or 12 mm thread: bezel 2 to 3 mm wider, nut 4 mm wider and 3 high, 20 to 27 mm deep with terminals (makers'
//   drawings differ; the model is the deepest that fits).
// - Buzzer, active, 5 V: 12 mm across, 9.5 high, pins 7.6 mm apart (TDK PS12, Murata and their copies).
include <../layout.scad>

module led5() {
  cylinder(d = 5.8, h = 1);
  cylinder(d = 5, h = 6.1);
  translate([0, 0, 6.1]) sphere(d = 5);
  // Legs and resistor, as far as they stand straight.
  for (x = [-1.27, 1.27]) translate([x, 0, -12]) cylinder(d = 0.7, h = 12.01);
}

module leds() {
  for (x = lamp_x) translate([x, lamp_y, lid_back - lamp_ring_height - 1 - touch]) led5();
}

module button() {
  translate([button_x, button_y, lid_back]) {
    translate([0, 0, -button_depth]) cylinder(d = button_hole - 0.2, h = button_depth + lid_thickness + 1);
    translate([0, 0, lid_thickness + 2 * touch]) cylinder(d = button_hole + 2, h = 2);
    translate([0, 0, -3 - touch]) cylinder(d = button_hole + 4, h = 3);
  }
}

module buzzer() {
  translate([buzzer_x, buzzer_y, lid_back - buzzer_height - touch]) {
    cylinder(d = buzzer_diameter, h = buzzer_height);
    for (x = [-3.8, 3.8]) translate([x, 0, -4]) cylinder(d = 0.8, h = 4.01);
  }
}
