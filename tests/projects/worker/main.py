import sys
import time

while True:
    sys.stdout.write("tick\n")
    time.sleep(60)
