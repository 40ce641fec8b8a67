// The guest's host name from the name that people gave the instance, by the rules of nova.utils.sanitize_hostname.

/** dnsmasq takes 63 characters, the least of those who matter. */
const MAX_CHARACTERS = 63;

/**
 * Lower case; blanks, `_` and `.` become `-`; everything but letters, digits and `-` goes; no `-` at the ends; at most 63
 * characters. Where nothing is left it is `server-<uuid>`. Nova cuts first and lets accented letters through, which then no
 * resolver takes; here the name is a valid label (RFC 1123) in every case.
 */
export function sanitizeHostname(displayName: string, uuid: string): string {
  const allowed = displayName
    .replace(/[ _.]/g, '-')
    .replace(/[^A-Za-z0-9-]/g, '')
    .toLowerCase()
    .replace(/^-+/, '')
    .slice(0, MAX_CHARACTERS)
    .replace(/-+$/, '');
  return allowed === '' ? `server-${uuid}` : allowed;
}

/** `<host>.<domain>`; the host alone where the domain is empty, or where the host was given with a domain of its own. */
export function fullHostname(hostname: string, domain: string): string {
  return domain === '' || hostname.includes('.') ? hostname : `${hostname}.${domain}`;
}
