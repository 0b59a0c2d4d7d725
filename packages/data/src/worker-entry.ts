// The entry of a worker thread: registers the jobs.

import { renderJob } from './batch/render.ts';
import { hashJob } from './files/hash-job.ts';
import { decodeJob } from './images/decode-job.ts';
import { copyJob } from './images/image-file.ts';
import { onWorker } from './workers/parallel.ts';
import { serve } from './workers/serve.ts';

serve({
  render: renderJob,
  [hashJob.name]: onWorker(hashJob),
  [decodeJob.name]: onWorker(decodeJob),
  [copyJob.name]: onWorker(copyJob),
});
