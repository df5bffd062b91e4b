import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { expect } from 'vitest';

import { McpSseError } from '../../lib/errors.js';
import { Sender } from '../../lib/session/outbound/sender.js';
import type { ResumeClaim } from '../../lib/session/resume/resume-claim.js';
import { parseEventId, ResumeStrategy } from '../../lib/session/resume/resume-strategy.js';
import { ConnectionWriter } from '../../lib/stream/connection-writer.js';
import { encodeMessage } from '../../lib/wire/sse-encoder.js';
import { FakeResponse } from './fake-response.js';
import { rounds } from './rounds.js';

/** What may happen, one thing after the other. */
export type Step =
  /** The owner sends messages, notifications or requests. */
  | { do: 'send'; count: number; bytes: number; ask: boolean }
  /** The client reads. */
  | { do: 'read'; bytes: number }
  /** The event loop goes round. */
  | { do: 'turn' }
  | { do: 'keepAlive' }
  /** The client reads a little more and loses its stream; the server may not notice. */
  | { do: 'cut'; bytes: number; noticed: boolean }
  /** The server gives the connection up. */
  | { do: 'drop' }
  /** The client comes back. */
  | { do: 'return' }
  /** The client POSTs: it answers what it was asked, and says where it is, if it can. */
  | { do: 'post' }
  /** The server lets go of what is written, for want of memory. */
  | { do: 'release' }
  /** Something is heard of connections that are long replaced. */
  | { do: 'late' };

export interface Bounds {
  maxBufferedBytes: number;
  maxEvents: number;
  maxBytes: number;
}

/** The reader's side of one connection: bytes that were written and not yet read. */
class Wire {
  readonly response = new FakeResponse();
  bytes: Buffer = Buffer.alloc(0);

  constructor(readonly holds: number) {
    this.response.onWrite = (chunk) => {
      this.bytes = Buffer.concat([this.bytes, Buffer.from(chunk)]);
      this.response.answers.push(this.bytes.length <= this.holds);
    };
  }

  read(count: number): Buffer {
    const read = this.bytes.subarray(0, count);
    this.bytes = this.bytes.subarray(count);
    if (this.bytes.length <= this.holds) this.response.drain();
    return read;
  }
}

/** A client that decodes what it reads, keeps its place, and checks what it is given. */
class Client {
  /** The messages that it was given, by their number. */
  readonly seen: number[] = [];
  readonly asked: string[] = [];
  repeats = 0;
  id: string | undefined;
  position: string | undefined;
  #parser = this.#newParser();
  #decoder = new TextDecoder();

  read(bytes: Buffer): void {
    this.#parser.feed(this.#decoder.decode(bytes, { stream: true }));
  }

  /** What it has of an event is lost with its stream. */
  loseStream(): void {
    this.#parser = this.#newParser();
    this.#decoder = new TextDecoder();
  }

  get last(): number {
    return this.seen.at(-1) ?? 0;
  }

  #newParser() {
    return createParser({
      onEvent: (event) => {
        this.#take(event);
      },
      onError: (error) => {
        throw error;
      },
    });
  }

  #take({ event, data, id }: EventSourceMessage): void {
    this.id = id ?? this.id;
    if (event === 'endpoint') {
      const n = /[?&]n=([\w.-]+)$/.exec(data)?.[1];
      this.position = n;
      return;
    }
    const message = JSON.parse(data) as { id?: string; params: { n: number } };
    const { n } = message.params;
    if (n === this.last) this.repeats += 1;
    else expect(n, 'the next message').toBe(this.last + 1);
    this.seen.push(n);
    if (message.id !== undefined) this.asked.push(message.id);
  }
}

/** One session's outgoing half and its client, with everything between them in the spec's hands. */
export class ResumeModel {
  readonly client = new Client();
  cuts = 0;
  refused = false;
  closed = false;
  readonly #bounds: Bounds;
  readonly #sender: Sender;
  readonly #holds: number;
  readonly #sizes: number[] = [];
  readonly #old: Wire[] = [];
  #wire: Wire | undefined;
  #attached = true;
  /** Messages up to here may have been let go of for want of memory. */
  #released = 0;

  constructor(kind: 'ids' | 'positions', bounds: Bounds, holds: number) {
    this.#bounds = bounds;
    this.#holds = holds;
    const road = new ResumeStrategy(
      'node-of-test',
      kind === 'ids' ? { ids: true } : { positions: true },
    );
    const owner = {
      connectionClosed: () => (this.#attached = false),
      heldBytesChanged: () => {},
      connectionStalled: () => {},
    };
    this.#sender = new Sender(owner, bounds, road);
    this.#attach(0);
  }

  async take(step: Step): Promise<void> {
    if (this.closed || this.refused) return;
    const { response } = this.#wire ?? {};
    if (step.do === 'send')
      for (let n = 0; n < step.count; n += 1) this.#send(step.bytes, step.ask);
    else if (step.do === 'read') this.#read(step.bytes);
    else if (step.do === 'turn') await rounds();
    else if (step.do === 'keepAlive') void this.#sender.writer?.write(': keep-alive\n');
    else if (step.do === 'cut') this.#cut(step.bytes, step.noticed);
    else if (step.do === 'drop') this.#drop(response);
    else if (step.do === 'return') this.#return();
    else if (step.do === 'post') this.#post();
    else if (step.do === 'release') this.#release();
    else this.#stir();
  }

  /** Lets the client come back, if it is away, and read what there is; then it has everything. */
  async settle(): Promise<void> {
    await this.take({ do: 'return' });
    if (this.closed || this.refused) return;
    for (let quiet = 0; quiet < 3;) {
      await rounds();
      quiet = this.#wire!.bytes.length === 0 ? quiet + 1 : 0;
      this.#read(Infinity);
    }
    expect(this.client.last, 'the last message').toBe(this.#sizes.length);
    expect(this.#sender.unwrittenBytes).toBe(0);
    expect([...this.#old, this.#wire!].flatMap(({ response }) => response.faults)).toEqual([]);
  }

  #send(bytes: number, ask: boolean): void {
    const n = this.#sizes.length + 1;
    const params = { n, pad: 'é'.repeat(bytes / 2) };
    const message = {
      jsonrpc: '2.0',
      method: 'm',
      params,
      ...(ask && { id: `ask-${n}` }),
    } as const;
    const frame = encodeMessage(message);
    if (!this.#sender.fits(frame)) {
      this.#expectOverflow(frame.bytes);
      this.closed = true;
      return;
    }
    this.#sizes.push(frame.bytes);
    void this.#sender.send(message, frame);
  }

  #read(bytes: number): void {
    if (this.#wire) this.client.read(this.#wire.read(bytes));
  }

  #cut(bytes: number, noticed: boolean): void {
    if (!this.#wire) return;
    this.#read(bytes);
    this.cuts += 1;
    this.#leave();
    if (noticed) this.#old.at(-1)!.response.close();
    expect(this.#attached).toBe(!noticed);
  }

  #drop(response: FakeResponse | undefined): void {
    if (!response) return;
    this.#sender.dropConnection(new McpSseError('write-timeout', 'given up'));
    expect([this.#attached, response.destroyed]).toEqual([false, true]);
    this.cuts += 1;
    this.#leave();
  }

  #leave(): void {
    this.#old.push(this.#wire!);
    this.#wire = undefined;
    this.client.loseStream();
  }

  #return(): void {
    if (this.#wire) return;
    const { id, position } = this.client;
    const claim: ResumeClaim =
      id === undefined
        ? { by: 'probe', sessionId: '', position, address: undefined }
        : { by: 'event-id', ...parseEventId(id)! };
    const offset = this.#sender.resumeOffset(claim);
    if (this.#sender.canResume(claim, offset)) this.#attach(offset);
    else {
      this.refused = true;
      this.#expectGap(offset);
    }
  }

  #attach(offset: number): void {
    this.#attached = true;
    this.#wire = new Wire(this.#holds);
    const writer = new ConnectionWriter(this.#wire.response, { maxBufferedBytes: Infinity });
    this.#sender.attach(writer, offset, '/message?sessionId=s');
    for (const { response } of this.#old) expect(response.destroyed).toBe(true);
  }

  #post(): void {
    const { asked, position } = this.client;
    const offset = this.#sender.resumeStrategy.offsetOf(position);
    if (offset !== undefined) this.#sender.acknowledge(offset);
    for (const id of asked.splice(0)) this.#sender.answered(id);
  }

  #stir(): void {
    for (const { response } of this.#old) {
      response.emit('drain');
      response.emit('error', new Error('late'));
      response.close();
    }
  }

  #release(): void {
    this.#released = this.#sizes.length;
    this.#sender.releaseWritten();
  }

  /** A client is only refused if what it has missed was more than what is kept. */
  #expectGap(offset: number): void {
    const missed = this.#sizes.slice(offset);
    const bytes = missed.reduce((sum, size) => sum + size, 0);
    const { maxEvents, maxBytes } = this.#bounds;
    const tooMuch = missed.length > maxEvents || bytes > maxBytes || offset < this.#released;
    expect(tooMuch, `a gap behind ${offset} of ${this.#sizes.length}`).toBe(true);
  }

  /** A session is only closed if what its client has not read and one more were too much. */
  #expectOverflow(next: number): void {
    const { last } = this.client;
    const bytes = this.#sizes.slice(last).reduce((sum, size) => sum + size, next);
    const { maxBufferedBytes, maxBytes, maxEvents } = this.#bounds;
    const bound = this.#attached ? Math.max(maxBufferedBytes, maxBytes) : maxBytes;
    const tooMany = !this.#attached && this.#sizes.length - last >= maxEvents;
    // Marks take some of what may wait for a connection.
    expect(tooMany || bytes * (this.#attached ? 4 : 1) > bound, 'an overflow').toBe(true);
  }
}
