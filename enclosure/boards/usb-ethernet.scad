// USB-Ethernet adapter with a lead of its own. There is no standard; makers publish bodies of about 71 x 26 x 16 mm (TP-Link UE300: 71 x 26 x
// 16.2 in its data sheet). The model is the largest that fits (parameters.scad). Its jack looks up, its lead leaves at the lower end.
include <../layout.scad>

// RJ45 opening with its frame, as for the jack of the computer.
adapter_jack = [16.2, 13.6];

module usb_ethernet() {
  translate([adapter_x - adapter_width / 2, adapter_top - adapter_length, adapter_z + touch])
    cube([adapter_width, adapter_length, adapter_height]);
  // The lead, bent towards its opening.
  translate([adapter_x, adapter_top - adapter_length + 1, adapter_z + adapter_height / 2]) rotate([90, 0, 0]) cylinder(d = 5, h = 12);
}
