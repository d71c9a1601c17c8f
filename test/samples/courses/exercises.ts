import { cs231n } from "./cs231n";
import { deeplearning } from "./deeplearning";
import type { Exercise } from "./exercise";
import { others } from "./others";

/** Every exercise, in the order in which they are offered. */
export const exercises = (): Exercise[] => [...cs231n(), ...deeplearning(), ...others()];
