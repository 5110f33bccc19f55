"""From the scanner to the phone: how long after the last C-STORE response of a chest CT the
patient's home shows the images, the first frame can be fetched, and all of it.

Order, images and report go in through the front doors while a phone asks every 20 ms. The clock
starts at the last C-STORE response. No other product was at hand that does the whole journey, so
the peer is what the tender promises: clause D5.3, examinations of the last ten minutes.
"""

from bench.exam_to_phone.measure import run

__all__ = ["run"]
