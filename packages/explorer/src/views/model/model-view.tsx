/** Model. */

export default function ModelView() {
  return (
    <section class="view" aria-labelledby="model-title">
      <h2 id="model-title">Model</h2>
      <p>To come.</p>
    </section>
  );
}
