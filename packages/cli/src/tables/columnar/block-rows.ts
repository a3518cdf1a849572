/** Rows of a block, at most: 50 columns of them are 13 MB, and a block is scored in a tenth of a second. */
export const BLOCK_ROWS = 65_536;
