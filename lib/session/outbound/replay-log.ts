// The outgoing messages of a session, by offset.
import type { Frame } from '../../wire/sse-encoder.js';

/**
 * Memory of a frame besides its text, for the object, its pieces of string and its slot; measured.
 */
const FRAME_OVERHEAD = 144;

/** Reclaims dropped slots once there are this many and they are half of all. */
const COMPACT_AT = 1024;

/**
 * The outgoing messages of one session, by consecutive offsets from 1. A connection is a cursor
 * into it; frames may be shared between the logs of many sessions.
 */
export class ReplayLog {
  #frames: (Frame | undefined)[] = [];
  /** The index of the first message. Slots before it are dropped, but not reclaimed yet. */
  #head = 0;
  #first = 1;
  #bytes = 0;
  #memory = 0;

  /** The offset of the oldest message held; `next` if there is none. */
  get first(): number {
    return this.#first;
  }

  /** The offset that the next message gets. */
  get next(): number {
    return this.#first + this.size;
  }

  /** Bytes of all messages held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Their memory, in bytes. */
  get memory(): number {
    return this.#memory;
  }

  /** The number of messages held. */
  get size(): number {
    return this.#frames.length - this.#head;
  }

  /** Bytes of the messages from `offset` on, none of which is dropped. */
  bytesFrom(offset: number): number {
    let bytes = 0;
    let frame = this.at(offset);
    for (let next = offset + 1; frame; next += 1) {
      bytes += frame.bytes;
      frame = this.at(next);
    }
    return bytes;
  }

  append(frame: Frame): void {
    this.#frames.push(frame);
    this.#bytes += frame.bytes;
    this.#memory += memoryOf(frame);
  }

  /** Sets the offset of the first message. Only before anything is appended. */
  startAt(first: number): void {
    this.#first = first;
  }

  /** Uses up the next offset for a message that is not held. Only while none is held. */
  skip(): void {
    this.#first += 1;
  }

  /** The message at `offset`; undefined if it is dropped or not there yet. */
  at(offset: number): Frame | undefined {
    return offset < this.#first ? undefined : this.#frames[this.#head + offset - this.#first];
  }

  /** Drops every message before `offset`. */
  trim(offset: number): void {
    let frame = this.#frames[this.#head];
    while (frame && this.#first < offset) {
      this.#bytes -= frame.bytes;
      this.#memory -= memoryOf(frame);
      this.#frames[this.#head] = undefined;
      this.#first += 1;
      this.#head += 1;
      frame = this.#frames[this.#head];
    }
    if (this.#head === this.#frames.length) {
      this.#frames.length = 0;
      this.#head = 0;
    } else if (this.#head >= COMPACT_AT && this.#head * 2 >= this.#frames.length) {
      this.#frames = this.#frames.slice(this.#head);
      this.#head = 0;
    }
  }
}

/** [node] A string takes a byte a character, or two each if it has one beyond Latin-1. */
function memoryOf({ text, bytes, shared }: Frame): number {
  // All logs share one text.
  if (shared) return FRAME_OVERHEAD;
  return FRAME_OVERHEAD + (bytes === text.length ? bytes : 2 * text.length);
}
