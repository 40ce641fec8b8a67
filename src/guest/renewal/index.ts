export { HOST_KEY_TYPES, type HostKey, type HostKeyType, makeHostKeys } from './host-keys.ts';
