/** Name of the error that a file's set-up ends with when its cell has no network: the cell's failure says it all. */
export const NO_NETWORK = 'NoNetwork';
