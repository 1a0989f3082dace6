// From here on, this process reads the TypeScript of this repository: Node 20 does not by itself. The tsconfig.json of the folder that it
// was called from says nothing about these files. Installed packages have no such file: they are JavaScript.
import { register } from 'tsx/esm/api';

register({ tsconfig: false });
