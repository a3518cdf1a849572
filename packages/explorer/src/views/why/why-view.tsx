/** Why. */

export default function WhyView() {
  return (
    <section class="view" aria-labelledby="why-title">
      <h2 id="why-title">Why</h2>
      <p>To come.</p>
    </section>
  );
}
