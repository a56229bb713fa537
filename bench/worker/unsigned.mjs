// The same origin fetched unsigned: what the runtime itself costs.

export default {
  fetch(request, { ORIGIN }) {
    const path = request.url.slice(request.url.indexOf('/', 8));
    return fetch(`${ORIGIN}/bench-bucket${path}`, { method: request.method, redirect: 'manual' });
  },
};
