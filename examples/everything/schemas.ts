import type { ElicitRequestFormParams } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';

export type Form = ElicitRequestFormParams['requestedSchema'];

const address = z.object({ street: z.string().optional(), city: z.string().optional() });

/** Described in the words of JSON Schema 2020-12: `meta` passes them on as they are. */
export const PERSON = z
  .strictObject({
    name: z.string().optional(),
    address: address.optional().meta({ $ref: '#/$defs/address' }),
  })
  .meta({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $defs: { address: z.toJSONSchema(address) },
  });

export const CONTACT = {
  type: 'object',
  properties: {
    username: { type: 'string', description: "User's response" },
    email: { type: 'string', description: "User's email address" },
  },
  required: ['username', 'email'],
} satisfies Form;

export const DEFAULTS = {
  type: 'object',
  properties: {
    name: { type: 'string', default: 'John Doe' },
    age: { type: 'integer', default: 30 },
    score: { type: 'number', default: 95.5 },
    status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
    verified: { type: 'boolean', default: true },
  },
} satisfies Form;

const OPTIONS = ['option1', 'option2', 'option3'];
const titled = (noun: string): { const: string; title: string }[] =>
  ['First', 'Second', 'Third'].map((word, n) => ({
    const: `value${n + 1}`,
    title: `${word} ${noun}`,
  }));

export const CHOICES = {
  type: 'object',
  properties: {
    untitledSingle: { type: 'string', enum: OPTIONS },
    titledSingle: { type: 'string', oneOf: titled('Option') },
    legacyEnum: {
      type: 'string',
      enum: ['opt1', 'opt2', 'opt3'],
      enumNames: ['Option One', 'Option Two', 'Option Three'],
    },
    untitledMulti: { type: 'array', items: { type: 'string', enum: OPTIONS } },
    titledMulti: { type: 'array', items: { anyOf: titled('Choice') } },
  },
} satisfies Form;
