// Words that several commands say of their operands. Completion goes by the operands' names: `instance`, `image`,
// `flavor`, `network`, `port`, `template` and `file` are completed by what exists.

export const INSTANCE = 'name or id of the instance';
export const INSTANCES = 'names or ids of instances';
export const IMAGE = 'name or id of the image';
export const TEMPLATE = 'name or id of the template';
