// Everything that is in the case, each where it sits. For the tests and the pictures.
include <connectors.scad>
include <boards/nano.scad>
include <boards/panel-parts.scad>

module computer() {
  on_board() if (board == "pi5") pi5(); else pi4();
}

module panel_parts() {
  nano();
  leds();
  button();
  buzzer();
}
