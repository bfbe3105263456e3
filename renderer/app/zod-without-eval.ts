// Imported before anything that defines a schema: zod otherwise probes `new Function`, which the
// page's Content-Security-Policy refuses and reports.
import { config } from 'zod';

config({ jitless: true });
