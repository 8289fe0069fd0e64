<?php
// The entry of every request.
