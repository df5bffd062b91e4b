// Signs the frames of any adapter.
import { createHmac, createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto';

import { McpSseError } from '../../errors.js';
import {
  EVERYONE,
  type Adapter,
  type AdapterListener,
  type AdapterMember,
  type NodeNames,
} from './adapter.js';
import { randomText } from '../../util/random-text.js';

/**
 * One secret, or two during a rotation: frames are signed with the first and accepted with either.
 */
export type AdapterSecret = string | readonly [string, string];

/**
 * A frame whose time differs from this node's clock by more is dropped: it may be a recorded copy.
 */
const MAX_AGE_MS = 60_000;
/**
 * The head of a signed frame: `signed <time> <to> <HMAC-SHA-256>`. A line feed and the frame
 * follow.
 */
const HEAD = /^signed ([0-9a-z]{1,10}) (node|all) ([\w-]{43})$/;
const HEAD_BYTES = 7 + 10 + 1 + 4 + 1 + 43 + 1;

/**
 * Signs the frames of `adapter` with HMAC-SHA-256 over the time, the address and the frame, and
 * drops frames that arrive unsigned, with a wrong signature, or too late.
 *
 * @throws McpSseError `invalid-option` for anything but one or two strings that are not empty.
 */
export function signedAdapter(adapter: Adapter, secret: AdapterSecret): Adapter {
  const keys = keysOf(secret);
  return {
    names: namesOf(keys),
    async join(self, listener) {
      const verifier = new Verifier(self, keys);
      const checked: AdapterListener = {
        frame: (signed) => {
          const frame = verifier.verified(signed);
          if (frame !== undefined) listener.frame(frame);
        },
        state: (up, reason) => {
          listener.state(up, reason);
        },
      };
      return new SignedMember(await adapter.join(self, checked), keys[0], verifier);
    },
  };
}

class SignedMember implements AdapterMember {
  readonly #member: AdapterMember;
  readonly #key: KeyObject;
  readonly #verifier: Verifier;

  constructor(member: AdapterMember, key: KeyObject, verifier: Verifier) {
    this.#member = member;
    this.#key = key;
    this.#verifier = verifier;
  }

  get maxFrameBytes(): number | undefined {
    const { maxFrameBytes } = this.#member;
    return maxFrameBytes === undefined ? undefined : maxFrameBytes - HEAD_BYTES;
  }

  get listeners(): number | undefined {
    return this.#member.listeners;
  }

  get rejectedFrames(): number {
    return this.#verifier.rejected;
  }

  send(to: string, frame: string): Promise<boolean> {
    const time = Date.now().toString(36);
    const mac = sign(this.#key, time, to, frame).toString('base64url');
    const address = to === EVERYONE ? 'all' : 'node';
    return this.#member.send(to, `signed ${time} ${address} ${mac}\n${frame}`);
  }

  leave(): Promise<void> {
    return this.#member.leave();
  }
}

class Verifier {
  /** Frames that were dropped. */
  rejected = 0;
  readonly #self: string;
  readonly #keys: readonly KeyObject[];

  constructor(self: string, keys: readonly KeyObject[]) {
    this.#self = self;
    this.#keys = keys;
  }

  /** The frame inside; undefined if its signature is wrong. */
  verified(signed: unknown): string | undefined {
    const frame = typeof signed === 'string' ? this.#read(signed) : undefined;
    if (frame === undefined) this.rejected += 1;
    return frame;
  }

  #read(signed: string): string | undefined {
    const end = signed.indexOf('\n');
    const [, time, address, mac] = HEAD.exec(signed.slice(0, Math.max(end, 0))) ?? [];
    if (time === undefined || mac === undefined) return undefined;
    if (Math.abs(Date.now() - Number.parseInt(time, 36)) > MAX_AGE_MS) return undefined;
    const frame = signed.slice(end + 1);
    const to = address === 'all' ? EVERYONE : this.#self;
    const given = Buffer.from(mac, 'base64url');
    const right = this.#keys.some((key) => timingSafeEqual(sign(key, time, to, frame), given));
    return right ? frame : undefined;
  }
}

/** Signs the address, too: a frame for one node is invalid at another. */
function sign(key: KeyObject, time: string, to: string, frame: string): Buffer {
  return createHmac('sha256', key).update(`${time} ${to}\n${frame}`).digest();
}

/** 42 random bits, and 30 bits of a signature over them. */
const NAME = /^([\w-]{7})([\w-]{5})$/;

/**
 * Names that only a node with the secret can make. Clients see them in session ids and send them
 * back.
 */
function namesOf([key, ...others]: readonly [KeyObject, ...KeyObject[]]): NodeNames {
  const proofOf = (random: string, by: KeyObject): string =>
    createHmac('sha256', by).update(`name ${random}`).digest('base64url').slice(0, 5);
  return {
    make() {
      const random = randomText(6).slice(0, 7);
      return random + proofOf(random, key);
    },
    proves(name) {
      const [, random, proof] = NAME.exec(name) ?? [];
      if (random === undefined) return false;
      return [key, ...others].some((by) => proofOf(random, by) === proof);
    },
  };
}

function keysOf(secret: unknown): [KeyObject, ...KeyObject[]] {
  const texts: unknown[] = Array.isArray(secret) && secret.length === 2 ? secret : [secret];
  const [key, ...more] = texts.filter(isText).map((text) => createSecretKey(text, 'utf8'));
  if (key && more.length === texts.length - 1) return [key, ...more];
  throw new McpSseError(
    'invalid-option',
    'secret must be a non-empty string, or an array of two of them',
  );
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
