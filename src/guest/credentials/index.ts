export { type AuthorizedKey, AuthorizedKeys, describeKey, type KeysOptions } from './keys.ts';
export { givePassword, type SetPasswordOptions, setPassword } from './password.ts';
