// From here on, this process reads the TypeScript of this repository: Node 20 does not by itself. The tsconfig.json of the folder that it
// was called from says nothing about these files. Installed packages have no such file: they are JavaScript.

// A run leaves nothing in the temporary folder, where tsx keeps what it has compiled. Both of its threads look for this as they start.
process.env.TSX_DISABLE_CACHE = '1';
const { register } = await import('tsx/esm/api');
register({ tsconfig: false });
delete process.env.TSX_DISABLE_CACHE;
