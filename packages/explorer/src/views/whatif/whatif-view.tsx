/** What if. */

export default function WhatIfView() {
  return (
    <section class="view" aria-labelledby="whatif-title">
      <h2 id="whatif-title">What if</h2>
      <p>To come.</p>
    </section>
  );
}
