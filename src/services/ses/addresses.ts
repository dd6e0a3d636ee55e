import { invalidParameterValue } from './errors.ts';

/** 320 characters in all, 64 before the at sign (SES developer guide, "Email address identities") */
const LOCAL_MAX = 64;
const ADDRESS_MAX = 320;

/** `Name <user@example.com>` or `user@example.com`; the name may be quoted or an RFC 2047 word. */
export function bareAddress(text: string): string {
  const open = text.lastIndexOf('<');
  if (open < 0) return text.trim();
  const close = text.indexOf('>', open);
  if (close < 0) throw invalidParameterValue("Missing closing '>'");
  return text.slice(open + 1, close).trim();
}

/** The address part of what a client passed, in SES's words when it is none. */
export function checkAddress(text: string): string {
  const address = bareAddress(text);
  const at = address.lastIndexOf('@');
  if (at < 0) throw invalidParameterValue("Missing final '@domain'");
  const local = address.slice(0, at);
  const domain = address.slice(at + 1);
  if (local === '') throw invalidParameterValue('Missing local name');
  if (/[\x00-\x20\x7f]/.test(local) && !/^".*"$/.test(local)) {
    throw invalidParameterValue('Local address contains control or whitespace');
  }
  if (/[^\x00-\x7f]/.test(local)) throw invalidParameterValue('Local address contains illegal characters');
  if (domain === '') throw invalidParameterValue('Missing domain');
  if (/[\x00-\x20\x7f]/.test(domain)) throw invalidParameterValue('Domain contains control or whitespace');
  if (domain.startsWith('.')) throw invalidParameterValue('Domain starts with dot');
  if (domain.endsWith('.')) throw invalidParameterValue('Domain ends with dot');
  if (domain.includes('..')) throw invalidParameterValue('Domain contains dot-dot');
  if (!/^[a-z0-9.-]+$/i.test(domain)) throw invalidParameterValue('Domain contains illegal character');
  if (local.length > LOCAL_MAX || address.length > ADDRESS_MAX) throw invalidParameterValue('Address is too long');
  return address;
}

/** What may vouch for an address: itself (label after + included), or its domain and the domains above it. */
export function identitiesFor(address: string): string[] {
  const at = address.lastIndexOf('@');
  const local = address.slice(0, at);
  const domain = address.slice(at + 1).toLowerCase();
  const labels = domain.split('.');
  const domains = labels.map((_, i) => labels.slice(i).join('.')).filter((each) => each.includes('.'));
  const plain = local.includes('+') ? [`${local.slice(0, local.indexOf('+'))}@${domain}`] : [];
  return [`${local}@${domain}`, ...plain, ...domains];
}
