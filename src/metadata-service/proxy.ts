// Who asks, where Neutron's proxy stands between: its headers, signed with the secret that both know.
// Rules: nova.api.metadata.handler: 400 for what is missing, 403 for a wrong signature.
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Secret } from '../base/index.ts';
import { type Answer, refusal } from './answer-shapes.ts';
import type { Headers } from './request.ts';

export type Proxied =
  | { readonly kind: 'instance'; readonly instance: string; readonly project: string }
  | { readonly kind: 'refused'; readonly answer: Answer };

/** Believes nothing but what the signature covers: the instance. The project is compared with the record's (server.ts). */
export function readProxyHeaders(headers: Headers, secret: Secret): Proxied {
  const instance = one(headers, 'x-instance-id');
  const project = one(headers, 'x-tenant-id');
  const signature = one(headers, 'x-instance-id-signature');
  if (instance === undefined) return refused(400, 'X-Instance-ID is missing, or there twice.');
  if (signature === undefined) return refused(400, 'X-Instance-ID-Signature is missing, or there twice.');
  if (project === undefined) return refused(400, 'X-Tenant-ID is missing, or there twice.');
  if (!isSigned(instance, signature, secret)) return refused(403, 'The signature does not fit the instance.');
  return { kind: 'instance', instance, project };
}

/** Hexadecimal, in lower case as the proxy writes it; compared in constant time. */
function isSigned(instance: string, signature: string, secret: Secret): boolean {
  if (!/^[0-9a-f]{64}$/.test(signature)) return false;
  const expected = createHmac('sha256', secret.reveal()).update(instance).digest();
  return timingSafeEqual(Buffer.from(signature, 'hex'), expected);
}

function one(headers: Headers, name: string): string | undefined {
  const values = headers[name] ?? [];
  return values.length === 1 && values[0] !== '' ? values[0] : undefined;
}

function refused(status: number, sentence: string): Proxied {
  return { kind: 'refused', answer: refusal(status, sentence) };
}
