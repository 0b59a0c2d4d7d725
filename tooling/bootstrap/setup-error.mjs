/** What keeps a job from starting, in one sentence that says what to do. */
export class SetupError extends Error {
  name = 'SetupError';
}

/** Whether what npm or pnpm printed says that the registry can't be reached. */
export function saysNoNetwork(output) {
  return /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|network|dns error|error sending request/i.test(
    output,
  );
}
