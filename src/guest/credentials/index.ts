export { type AuthorizedKey, AuthorizedKeys, type KeysOptions } from './keys.ts';
export { givePassword, type SetPasswordOptions, setPassword } from './password.ts';
