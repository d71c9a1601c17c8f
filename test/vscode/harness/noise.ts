// What the workbench itself says in a page that reaches neither the gallery nor an account; nothing of it matters here.
const noise = [
  /^Resolv(ing|ed) connection token/,
  /^Creating a socket/,
  /^\[reconnection-grace-time\]/,
  /^Updating additional builtin extensions cache/,
  /\[Service Worker\] registration/,
  /^\[AgentHost:/,
  /^\[AccountPolicyGate\]/,
  /^getaddrinfo \w+ open-vsx\.org/,
  /^connect \w+ .*open-vsx\.org/,
  /extensions gallery/i,
  /^A bad HTTP response code \(404\) was received when fetching the script/,
];

/** Whether a line on the workbench's console says nothing about the extension or its tests. */
export function isNoise(text: string): boolean {
  return noise.some((pattern) => pattern.test(text));
}
