export { decodeName, encodeName, isText } from './byte-name.ts';
export { Counter } from './counter.ts';
export { delay, throwIfCancelled, type WithinOptions, within } from './deadline.ts';
export { defined } from './defined.ts';
export {
  asFault,
  errnoCode,
  Fault,
  type FaultKind,
  type FaultOptions,
  type FaultOutcome,
  isFault,
} from './fault.ts';
export { isUuid, newMac, newUuid, readableName } from './ids.ts';
export { Lazy } from './lazy.ts';
export { Gate, KeyedMutex } from './mutex.ts';
export { PrintableStream, printableLine, printableText } from './printable.ts';
export { Rate } from './rate.ts';
export { MASK, Masked, Secret } from './secret.ts';
export {
  aBoolean,
  anExactObject,
  anInteger,
  anIntegerFrom,
  anObject,
  aString,
  aStringLike,
  byKind,
  listOf,
  mapOf,
  oneOf,
  optional,
  orElse,
  orNull,
  Place,
  type Refusal,
  type Shape,
  type ShapeOf,
} from './shape.ts';
export { Undo } from './undo.ts';
export { formatBytes, GIB, KIB, MIB, parseBytes } from './units.ts';
