import { expect, it } from 'vitest';

import { PositionSigner } from '../../../lib/session/resume/position-signer.js';

const OFFSETS = [0, 1, 9, 10, 11, 4_711, 999_999_999_999_999];

it('verifies every position that it has signed, in any order', () => {
  const signer = new PositionSigner();
  const signed = OFFSETS.map((offset) => signer.sign(offset));
  expect(new Set(signed.map((text) => text.split('.')[1])).size).toBe(OFFSETS.length);
  for (const [index, text] of [...signed.entries()].reverse()) {
    expect(text).toMatch(/^\d{1,15}\.[\w-]{8}$/);
    expect(signer.verify(text)).toBe(OFFSETS[index]);
  }
});

it('rejects the tag of another offset, in the same block of tags or not', () => {
  const signer = new PositionSigner();
  for (const from of OFFSETS)
    for (const to of OFFSETS) {
      const [, tag] = signer.sign(from).split('.');
      expect(signer.verify(`${to}.${tag}`)).toBe(from === to ? to : undefined);
    }
});

it('rejects the tag of another session', () => {
  const signer = new PositionSigner();
  for (const offset of OFFSETS)
    expect(signer.verify(new PositionSigner().sign(offset))).toBeUndefined();
});

it('rejects any other text', () => {
  const signer = new PositionSigner();
  const [, tag = ''] = signer.sign(7).split('.');
  const texts = [
    '',
    '7',
    '7.',
    `.${tag}`,
    `07.${tag}`,
    `7.${tag}A`,
    `7.${tag.slice(1)}`,
    ` 7.${tag}`,
  ];
  texts.push(`7.${tag}\n`, `-7.${tag}`, `7e0.${tag}`, `7.${tag}.${tag}`, `7.AAAAAAAA`, `٧.${tag}`);
  texts.push('1000000000000000.AAAAAAAA', `7.${'€'.repeat(8)}`);
  expect(texts.filter((text) => signer.verify(text) !== undefined)).toEqual([]);
});
