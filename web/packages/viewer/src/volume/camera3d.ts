import { cross, dot, turnedAbout, unit, type Vec3 } from "../view/planes";
import type { Volume } from "./volume";

/** Where the eye looks from: screen right and up in the patient; millimetres of half the view. */
export interface Camera3d {
  right: Vec3;
  up: Vec3;
  /** 1: the whole volume fits. */
  zoom: number;
}

/** In front of the patient, head up. */
export const frontView = (): Camera3d => ({ right: [1, 0, 0], up: [0, 0, 1], zoom: 1 });

/** Turn what is seen by angles (radians) to the right and upwards on the screen. */
export function rotated(camera: Camera3d, rightward: number, upward: number): Camera3d {
  const { right, up } = camera;
  const eye = cross(right, up);
  const turnedRight = turnedAbout(right, up, -rightward);
  const turnedEye = turnedAbout(eye, up, -rightward);
  const newEye = unit(turnedAbout(turnedEye, turnedRight, upward));
  const newRight = unit(turnedRight);
  return { ...camera, right: newRight, up: cross(newEye, newRight) };
}

/** Column-major matrix: view millimetres about the middle -> texture coordinates. */
export function viewToTexture(camera: Camera3d, { axes }: Pick<Volume, "axes">): Float32Array {
  const eye = cross(camera.right, camera.up);
  const columns = [camera.right, camera.up, eye].map((v) => axes.map((axis) => dot(v, axis.direction) / (axis.mm * axis.count)));
  return new Float32Array([...columns[0], 0, ...columns[1], 0, ...columns[2], 0, 0.5, 0.5, 0.5, 1]);
}

/** Half of the longest way through the volume, in millimetres. */
export const radiusOf = ({ axes }: Pick<Volume, "axes">): number => Math.hypot(...axes.map((axis) => axis.mm * axis.count)) / 2;
