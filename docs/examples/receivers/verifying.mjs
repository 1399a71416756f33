// Whether the log sent this, and the id by which a repetition is known. Node's own crypto.

import { createHmac, timingSafeEqual } from "node:crypto";

// Seconds: what was sent longer ago is refused, since somebody may have recorded it.
const TOLERANCE = 300;

function isEqual(one, other) {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

// Returns the `webhook-id` of what is signed as Standard Webhooks has it, or null. `body` is a
// Buffer, the bytes as they came; `headers` have names in lower case, as Node's have.
export function standard(body, headers, secret) {
  const { "webhook-id": id, "webhook-timestamp": sent, "webhook-signature": signatures } = headers;
  if (!id || !signatures || !/^[0-9]{1,12}$/.test(sent ?? "")) return null;
  if (Math.abs(Date.now() / 1000 - Number(sent)) > TOLERANCE) return null;
  // What does not begin so is its own bytes as the key.
  const key = secret.startsWith("whsec_") ? Buffer.from(secret.slice(6), "base64") : secret;
  const hmac = createHmac("sha256", key).update(`${id}.${sent}.`).update(body).digest("base64");
  // While a secret is rotated there are several, with a space between them.
  return signatures.split(" ").some((each) => isEqual(each, `v1,${hmac}`)) ? id : null;
}

// Returns the `uid` of an event that is signed as Phase Two has it, or null. The signature covers
// the body alone, so the `webhook-id` may be anybody's: what is known again is the event.
export function phaseTwo(body, headers, secret) {
  const expected = createHmac("sha256", secret).update(body).digest("hex");
  const isGenuine = isEqual(headers["x-keycloak-signature"] ?? "", expected);
  return isGenuine ? JSON.parse(body).uid : null;
}
