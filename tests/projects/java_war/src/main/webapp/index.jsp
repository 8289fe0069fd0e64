<p>guests</p>
