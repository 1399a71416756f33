// A receiver in Express.

import express from "express";
import { standard } from "./verifying.mjs";

// `keep(id, body)` puts an event into your database, and does nothing if its id is there.
export function receiver({ secret, keep, verify = standard }) {
  const app = express();
  // The bytes as they came: parsed and written again they would have another signature.
  const raw = express.raw({ type: "application/json", limit: "1mb" });
  app.post("/hook", raw, async (request, response, next) => {
    try {
      // Without a body of that type there is no Buffer.
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      const id = verify(body, request.headers, secret);
      if (id === null) return response.sendStatus(401);
      await keep(id, body);
      response.sendStatus(204);
    } catch (error) {
      // Answered 500, and so it is sent again.
      next(error);
    }
  });
  return app;
}
