import { offerCopies } from "./copy.js";

// Of what is there from the start. What comes later offers its own.
offerCopies(document);
