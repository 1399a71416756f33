// What a script adds to the pages. All of them work without it, so each part is loaded by itself:
// none of them waits for another, and a fault in one leaves the rest.
for (const part of ["keys", "copy", "zone", "complete", "brush", "tail", "drawer", "choose"]) import(`./${part}.js`);
