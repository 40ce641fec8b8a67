export { defined } from '../base/index.ts';
