/** What is printed, how often, and how it lies on the bed; and which pictures the guide shows. Renders nothing. */
import type { Defines, View } from './openscad.ts';

export interface Part {
  name: string;
  /** Below enclosure/. */
  model: string;
  defines: Defines;
}

export const parts: readonly Part[] = [
  { name: 'base-pi4', model: 'parts/base.scad', defines: { board: 'pi4' } },
  { name: 'base-pi5', model: 'parts/base.scad', defines: { board: 'pi5' } },
  { name: 'lid', model: 'parts/lid.scad', defines: {} },
  { name: 'lamp-bar', model: 'parts/lamp-bar.scad', defines: {} },
  { name: 'wall-mount', model: 'parts/wall-mount.scad', defines: {} },
  { name: 'din-clip', model: 'parts/din-clip.scad', defines: {} },
];

export interface Picture {
  name: string;
  scene: string;
  view: View;
}

const size = [800, 640] as const;

/** The scenes of scenes.scad. */
export const pictures: readonly Picture[] = [
  { name: 'front', scene: 'front', view: { turn: [80, 0, -18], size } },
  { name: 'exploded', scene: 'exploded', view: { turn: [65, 0, 30], size: [640, 800] } },
  { name: 'base', scene: 'base', view: { turn: [35, 0, 20], size } },
  { name: 'lid-back', scene: 'lid back', view: { turn: [35, 0, 15], size } },
  { name: 'ports', scene: 'front', view: { turn: [120, 0, -40], size } },
  { name: 'wall-mount', scene: 'wall mount', view: { turn: [75, 0, 150], size } },
  { name: 'din-rail', scene: 'din rail', view: { turn: [80, 0, 140], size } },
];
